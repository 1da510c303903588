# Quick fixes of problems.
