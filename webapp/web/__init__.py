"""The web: pages, rendering, headers, cookies, signatures, limits and errors."""
