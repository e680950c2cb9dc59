"""Pages as browsers, people and strangers meet them."""
