"""From ratings to figures: the study as arrays, one part of the result per question. Numbers only, no words."""
