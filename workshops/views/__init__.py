"""The screens of the room; thin: they ask `queries`, or call one function of `services`."""
