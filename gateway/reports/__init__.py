"""What the desk did in a shift, a week or a month (estate-rules.md, D9 and D15)."""
