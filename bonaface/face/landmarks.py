"""Which of the 478 landmarks is what: the numbering of the face-mesh and iris models.

0 to 467 are the face, 468 to 472 the iris at image left (centre, then right, top, left, bottom of
its rim), 473 to 477 the one at image right. "Right" and "left" are the subject's, so the right eye
lies at image left. Rings run from image left to image right, eyelids from outer to inner corner.
Numbering: Kartynnik et al. 2019, arXiv 1907.06724; Ablavatski et al. 2020, arXiv 2006.11341.
"""

FACE = 468
LANDMARKS = 478
RIGHT_IRIS, LEFT_IRIS = 468, 473

# fmt: off
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)

# Lips, from skin to teeth: outline, two rings on the red of the lip, inner edge.
UPPER_LIP = (
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291),
    (76, 184, 74, 73, 72, 11, 302, 303, 304, 408, 306),
    (62, 183, 42, 41, 38, 12, 268, 271, 272, 407, 292),
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308),
)
LOWER_LIP = (
    (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291),
    (76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306),
    (62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292),
    (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308),
)

# Eyelids, from the lid's edge outwards.
RIGHT_UPPER_LID = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133),
    (130, 247, 30, 29, 27, 28, 56, 190, 243),
    (226, 113, 225, 224, 223, 222, 221, 189, 244),
)
RIGHT_LOWER_LID = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133),
    (130, 25, 110, 24, 23, 22, 26, 112, 243),
    (226, 31, 228, 229, 230, 231, 232, 233, 244),
)
LEFT_UPPER_LID = (
    (263, 466, 388, 387, 386, 385, 384, 398, 362),
    (359, 467, 260, 259, 257, 258, 286, 414, 463),
    (446, 342, 445, 444, 443, 442, 441, 413, 464),
)
LEFT_LOWER_LID = (
    (263, 249, 390, 373, 374, 380, 381, 382, 362),
    (359, 255, 339, 254, 253, 252, 256, 341, 463),
    (446, 261, 448, 449, 450, 451, 452, 453, 464),
)
RIGHT_BROW = (46, 53, 52, 65, 55, 70, 63, 105, 66, 107)
LEFT_BROW = (276, 283, 282, 295, 285, 300, 293, 334, 296, 336)
# fmt: on

NOSE_TIP, NOSE_BRIDGE, CHIN, FOREHEAD = 1, 168, 152, 10
RIGHT_EYE_CORNERS = (33, 133)  # outer, inner
LEFT_EYE_CORNERS = (263, 362)
