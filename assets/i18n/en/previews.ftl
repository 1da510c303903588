# Previews of data.
