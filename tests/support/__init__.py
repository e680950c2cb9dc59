"""Real servers, a real browser and the people in the tests."""
