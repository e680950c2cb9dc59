"""Questions to a panel: their forms, and how pages show them."""
