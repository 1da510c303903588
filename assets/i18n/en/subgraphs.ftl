# Subgraphs and blocks.
subgraph-name = Subgraph
subgraph-nodes =
    { $n ->
        [one] { $n } node
       *[other] { $n } nodes
    }
subgraph-problems =
    { $n ->
        [one] { $n } problem
       *[other] { $n } problems
    }
subgraph-done = done
subgraph-running = running, { $over } of { $nodes } done
subgraph-hint = Double-click to enter
breadcrumb-go = Show this level
breadcrumb-inside = Subgraphs in here
edit-make-subgraph = Make subgraph
edit-unpack = Unpack subgraph
edit-order-ports = Reorder ports
subgraph-no-ports = none
subgraph-port-name = Name of { $name }
subgraph-port-type = Type of { $name }
subgraph-port-up = Move { $name } up
subgraph-port-down = Move { $name } down
subgraph-ports-hint = Ports are made by the input and output nodes inside.
palette-blocks = Blocks
block-help = A subgraph that you saved. Each use is a copy of its own.
block-insert = Insert
block-rename-menu = Rename…
block-delete-menu = Delete…
block-name = Name of the block
block-name-empty = A block needs a name
block-name-long = At most 60 characters
block-name-characters = This cannot be the name of a file on every system
block-name-taken = There is a block of this name
block-save-title = Save as block
block-save = Save
block-replace = Replace
block-rename-title = Rename block
block-rename = Rename
block-delete-title = Delete block
block-delete = Delete
block-delete-text = ‘{ $name }’ is taken out of the palette and its file is deleted. Projects that use it keep their copies.
block-folder = Kept in { $folder }
block-saved = Block ‘{ $name }’ saved
block-renamed = Block renamed to ‘{ $name }’
block-deleted = Block ‘{ $name }’ deleted
blocks-skipped = These files in the folder of blocks hold no block: { $names }
