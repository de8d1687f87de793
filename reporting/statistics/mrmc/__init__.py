"""Reader studies: several readers read several cases, in one or more modalities (with and without the machine)."""
