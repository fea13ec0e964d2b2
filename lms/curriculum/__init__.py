"""The curriculum folder as data: `reader.read` takes it apart and says all that is wrong, `writer.write` gives it back.

Pure Python over files: no database here. The format is described in content/curriculum/FORMAT.md.
"""
