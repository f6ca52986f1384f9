"""Reading files that strangers sent: text, properties and page images, in processes that a file may kill.

`pool.Extractor` is the door. What reads a file runs in `worker`, a fresh process for every file, without environment,
with limits on memory, time, files and processes, and is given nothing but the bytes.
"""
