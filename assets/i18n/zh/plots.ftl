# Plots and their export.
