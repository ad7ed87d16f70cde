"""The lakescrub command."""
