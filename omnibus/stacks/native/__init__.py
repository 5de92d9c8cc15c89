"""Kafka, MinIO, Weaviate and Redis without Docker: installed into the user's cache, run from `docker-compose.yml`."""
