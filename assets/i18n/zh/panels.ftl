# The panels at the bottom: training, resources, results, log.
