"""Stories: one thing the planner must get right, told in one small world."""
