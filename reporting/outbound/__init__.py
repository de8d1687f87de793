"""What leaves the department: rows to send, claimed like jobs, sent at least once, parked where people see them."""
