"""``make preview``: the text as a page that follows what its author saves."""
