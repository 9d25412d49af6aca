"""The site file: what stands where, how it is reached, what is abnormal."""
