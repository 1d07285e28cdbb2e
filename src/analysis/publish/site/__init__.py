"""The reviewers' site: notebook pages, the landing page, and the check of the finished whole."""
