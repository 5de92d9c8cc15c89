"""Models behind the encoder and generator ports: each reads its weights from files it is given, at first use."""
