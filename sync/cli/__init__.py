"""The command line: one file per group of commands; prints and exit codes, nothing else."""
