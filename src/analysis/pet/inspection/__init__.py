"""What a reader looks at before trusting a number: checks of every scan, planes through every lesion."""
