"""The pages of what Dens is connected to: who may send, who is sent to, what waits, what could not be used."""
