"""What travels on the bus: messages, envelope, topics. Imports nothing of ours."""
