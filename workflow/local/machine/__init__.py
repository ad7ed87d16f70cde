"""Step Functions: moto's ASL interpreter behind the stack's port, with what it lacks."""
