"""One module for each Task state: Request, Result, run()."""
