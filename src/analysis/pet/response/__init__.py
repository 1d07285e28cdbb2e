"""From measures at two visits to the response of lesions and patients, and its uncertainty."""
