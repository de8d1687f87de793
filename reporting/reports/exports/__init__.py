"""A report version → bytes, and the one service that hands them out."""
