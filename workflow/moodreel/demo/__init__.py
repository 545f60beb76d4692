"""The built-in clips: two public portraits, animated.

`catalogue` names the clips, `script` defines what moves when, `portraits`, `faceframe` and `action_units` move a face,
`motion` moves head and torso, `film` adds the look of film, `render` combines these, `encode` writes the file,
`soundtrack` makes the music. The acted expression is known and written next to each clip (`truth`).
"""
