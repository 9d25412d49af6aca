"""What derived points are reckoned by: a small language, read by lark, that can do nothing else."""
