# Docking, layouts and the history panel.
