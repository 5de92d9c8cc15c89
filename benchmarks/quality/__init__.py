"""What is found and read, measured on public material: recall of retrieval, errors of speech and of reading.

`make bench-quality` prints the table; docs/quality.md keeps the figures. Everything goes through the parts that workers
are made of: ingest flow, index, retrievers and fusion.
"""
