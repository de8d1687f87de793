"""Reader studies: who reads which cases under which condition, what they said, and what is true."""
