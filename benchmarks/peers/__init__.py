"""The same post from the same tables: as other stacks serve it, and as bare as can be."""
