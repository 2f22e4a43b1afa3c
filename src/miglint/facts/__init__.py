"""What files say, as far as it can be read without running them: inert data, no behaviour."""
