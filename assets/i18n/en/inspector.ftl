# The inspector.
