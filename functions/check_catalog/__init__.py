"""The CheckCatalog task."""
