"""Kafka to Celery: batches, back-pressure, the completion watermark and dead letters."""
