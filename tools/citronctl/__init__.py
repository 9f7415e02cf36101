"""What the citron command and zmq_monitor are made of."""
