"""The built-in clips: two public portraits, moved.

`catalogue` names the clips, `script` says what moves when, `portraits`, `faceframe` and `action_units` move a face,
`motion` moves head and torso, `film` makes it look like film, `render` puts these together, `encode` writes the file,
`soundtrack` makes the music. What is acted is known, and stands beside each clip (`truth`).
"""
