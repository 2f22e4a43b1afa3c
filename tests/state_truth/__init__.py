"""Cases about Django's ProjectState, and what each version of Django answers."""
