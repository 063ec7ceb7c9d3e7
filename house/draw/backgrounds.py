"""Backgrounds, drawn in picture units (0 to 1000, with a margin for the camera)."""

import random

from house.draw.canvas import Canvas, Colour
from house.draw.scene import TONES, Scene
from house.draw.shapes import box, circle, ellipse, lock, mix, poly, round_box, smooth

LEFT, TOP, RIGHT, BOTTOM = -400.0, -400.0, 1400.0, 1400.0


def draw_background(canvas: Canvas, scene: Scene) -> None:
    """The scene's background; what varies in it comes from the scene's seed."""
    dice = random.Random(scene.seed * 31 + 7)
    if scene.background == "simple background":
        tone = TONES[scene.tone]
        _sky(canvas, [tone, mix(tone, (255, 255, 255), 0.25)])
        return
    {
        "sky": _open_sky,
        "city night": _city,
        "classroom": _classroom,
        "sunset": _sunset,
        "forest": _forest,
        "beach": _beach,
        "snow": _snow,
        "village": _village,
    }[scene.background](canvas, dice)


def _sky(canvas: Canvas, colours: list[Colour], bottom: float = 1000) -> None:
    canvas.gradient(None, (0, 0), (0, bottom), colours)


def _ground(canvas: Canvas, y: float, colour: Colour) -> None:
    canvas.fill(box(LEFT, y, RIGHT, BOTTOM), colour)


def _cloud(canvas: Canvas, x: float, y: float, wide: float) -> None:
    for drop, colour in ((18, (206, 226, 248)), (0, (255, 255, 255))):
        for q in range(5):
            t = q / 4
            radius = wide * 0.38 * (1 - abs(t - 0.5) * 1.1) + wide * 0.06
            canvas.fill(circle(x + (t - 0.5) * wide * 1.5, y - radius * 0.35 + drop, radius), colour)
        canvas.fill(box(x - wide * 0.8, y + drop, x + wide * 0.8, y + drop + wide * 0.14), colour)


def _open_sky(canvas: Canvas, dice: random.Random) -> None:
    _sky(canvas, [(70, 148, 236), (136, 198, 250), (214, 238, 255)])
    for _ in range(6):
        _cloud(canvas, dice.uniform(-350, 1350), dice.uniform(80, 760), dice.uniform(140, 240))


def _city(canvas: Canvas, dice: random.Random) -> None:
    _sky(canvas, [(14, 16, 52), (40, 34, 96), (108, 64, 130)])
    for _ in range(30):
        canvas.fill(circle(dice.uniform(LEFT, RIGHT), dice.uniform(0, 380), dice.uniform(3, 6)), (255, 255, 230))
    for colour, lamp, skyline in (((40, 36, 86), (150, 130, 110), 400.0), ((20, 18, 50), (255, 216, 116), 580.0)):
        x = LEFT + dice.uniform(0, 100)
        while x < RIGHT:
            wide, y = dice.uniform(130, 220), skyline + dice.uniform(-190, 130)
            canvas.fill(box(x, y, x + wide, BOTTOM), colour)
            for column in range(int((wide - 24) // 50)):
                for row in range(int((1000 - y) // 66)):
                    if dice.random() < 0.5:
                        left, top = x + 20 + column * 50, y + 26 + row * 66
                        canvas.fill(box(left, top, left + 26, top + 36), lamp)
            x += wide + dice.uniform(0, 26)


def _classroom(canvas: Canvas, dice: random.Random) -> None:
    _sky(canvas, [(244, 232, 208), (232, 214, 184)])
    board = dice.choice((60.0, 330.0))
    pane = 700.0 if board == 60 else -40.0
    canvas.fill(box(board, 130, board + 580, 520), (124, 84, 52))
    canvas.fill(box(board + 22, 152, board + 558, 498), (48, 104, 84))
    for k in range(4):
        canvas.stroke(
            poly([(board + 60, 220 + k * 66), (board + dice.uniform(160, 380), 220 + k * 66)], close=False), (176, 206, 192), 9
        )
    canvas.fill(box(pane, 100, pane + 340, 560), (250, 250, 250))
    canvas.fill(box(pane + 22, 122, pane + 318, 540), (150, 206, 246))
    canvas.fill(box(pane + 160, 100, pane + 180, 560), (250, 250, 250))
    canvas.fill(box(pane, 320, pane + 340, 338), (250, 250, 250))
    _ground(canvas, 760, (196, 152, 104))
    for k in range(-3, 6):
        x = k * 260 + dice.uniform(40, 80)
        for leg in (14, 170):
            canvas.fill(box(x + leg, 734, x + leg + 18, 960), (120, 124, 136))
        canvas.fill(box(x, 690, x + 200, 726), (222, 178, 120))
        canvas.fill(box(x, 726, x + 200, 742), (150, 106, 70))


def _sunset(canvas: Canvas, dice: random.Random) -> None:
    _sky(canvas, [(88, 64, 140), (232, 106, 110), (255, 176, 92), (255, 226, 150)], 740)
    sun = dice.uniform(200, 800)
    canvas.fill(circle(sun, 640, 210), (255, 236, 170), 0.3)
    canvas.fill(circle(sun, 640, 130), (255, 244, 200))
    for _ in range(8):
        x, y = dice.uniform(LEFT, 1100), dice.uniform(120, 520)
        canvas.fill(round_box(x, y, x + dice.uniform(180, 400), y + 26, 13), (255, 168, 130), 0.6)
    _ground(canvas, 740, (96, 58, 104))
    for k in range(7):
        y, wide = 762 + k * 34, 130 - k * 9 + dice.uniform(-30, 30)
        canvas.fill(round_box(sun - wide, y, sun + wide, y + 14, 6), (255, 190, 120), 0.8)


def _forest(canvas: Canvas, dice: random.Random) -> None:
    _sky(canvas, [(196, 230, 190), (150, 204, 150), (112, 176, 116)])
    for trunk, leaf, base, count in (((112, 138, 100), (104, 170, 108), 640.0, 8), ((104, 76, 56), (58, 128, 78), 800.0, 7)):
        offset = dice.uniform(0, 200)
        for k in range(count):
            x = k * 1900 / count + LEFT + offset - 100 + dice.uniform(-40, 40)
            wide = dice.uniform(34, 56)
            canvas.fill(poly([(x - wide * 0.6, 100), (x + wide * 0.6, 100), (x + wide, base + 60), (x - wide, base + 60)]), trunk)
            for step in range(3):
                canvas.fill(
                    ellipse(x + dice.uniform(-60, 60), 60 + step * 110, dice.uniform(130, 180), 100),
                    mix(leaf, (20, 60, 50), step * 0.12),
                )
    _ground(canvas, 820, (86, 138, 76))
    for k in range(20):
        x = k * 90 + LEFT + dice.uniform(-20, 20)
        canvas.fill(lock((x, 860), (x + dice.uniform(-30, 30), 770), 46), (70, 120, 66))


def _beach(canvas: Canvas, dice: random.Random) -> None:
    _sky(canvas, [(90, 180, 240), (180, 226, 250), (226, 244, 252)], 560)
    for x in (dice.uniform(LEFT, 300), dice.uniform(500, 1200)):
        _cloud(canvas, x, dice.uniform(120, 320), dice.uniform(120, 200))
    canvas.gradient(box(LEFT, 520, RIGHT, BOTTOM), (0, 520), (0, 800), [(30, 120, 190), (60, 180, 204)])
    for k in range(4):
        y, x = 570 + k * 46, LEFT + dice.uniform(0, 300)
        for q in range(6):
            canvas.fill(round_box(x + q * 330, y, x + q * 330 + 150, y + 12, 6), (200, 236, 244), 0.7)
    shore = [(LEFT, 770.0)] + [(x, 770 + dice.uniform(-24, 24)) for x in range(-200, 1300, 200)] + [(RIGHT, 770.0)]
    for drop, colour in ((0, (244, 250, 252)), (26, (242, 220, 164))):
        edge = [(x, y + drop) for x, y in shore]
        canvas.fill(poly([*edge, (RIGHT, BOTTOM), (LEFT, BOTTOM)]), colour)


def _snow(canvas: Canvas, dice: random.Random) -> None:
    _sky(canvas, [(120, 136, 172), (176, 190, 216), (222, 230, 242)])
    for k in range(7):
        x, y, tall = k * 280 + LEFT + dice.uniform(-60, 60), 760.0, dice.uniform(260, 400)
        for step in range(3):
            top, half = y - tall + step * tall * 0.26, 60 + step * 44
            canvas.fill(poly([(x, top), (x + half, top + tall * 0.42), (x - half, top + tall * 0.42)]), (92, 120, 132))
            canvas.fill(
                poly(
                    [(x, top), (x + half * 0.6, top + tall * 0.24), (x, top + tall * 0.18), (x - half * 0.6, top + tall * 0.24)]
                ),
                (240, 246, 252),
            )
    hill = [(LEFT, 780.0), (0, 740 + dice.uniform(-30, 30)), (400, 780.0), (760, 730 + dice.uniform(-30, 30)), (RIGHT, 790.0)]
    canvas.fill(smooth([*hill, (RIGHT, BOTTOM), (LEFT, BOTTOM)], tension=0.3), (240, 245, 252))
    for _ in range(70):
        canvas.fill(circle(dice.uniform(LEFT, RIGHT), dice.uniform(TOP, BOTTOM), dice.uniform(7, 15)), (255, 255, 255))


def _village(canvas: Canvas, dice: random.Random) -> None:
    _sky(canvas, [(126, 196, 240), (206, 234, 246), (250, 244, 222)], 760)
    peak = dice.uniform(200, 800)
    canvas.fill(poly([(peak, 240), (peak + 460, 700), (peak - 460, 700)]), (132, 160, 190))
    canvas.fill(poly([(peak, 240), (peak + 110, 350), (peak + 40, 332), (peak - 20, 372), (peak - 110, 350)]), (246, 250, 255))
    _ground(canvas, 660, (150, 192, 104))
    for k in range(4):
        y = 690 + k * 70
        canvas.fill(box(LEFT, y, RIGHT, y + 20), (176, 210, 120))
    left = dice.random() < 0.5
    for x in (-20.0, 760.0) if left else (-60.0, 700.0):
        wide = 330.0
        canvas.fill(box(x + 40, 520, x + wide - 40, 730), (236, 222, 192))
        canvas.fill(box(x + 120, 580, x + 210, 730), (120, 82, 56))
        for beam in (40, wide - 58):
            canvas.fill(box(x + beam, 520, x + beam + 18, 730), (112, 76, 54))
        canvas.fill(poly([(x + 80, 390), (x + wide - 80, 390), (x + wide + 20, 540), (x - 20, 540)]), (156, 120, 66))
        canvas.fill(poly([(x - 20, 524), (x + wide + 20, 524), (x + wide + 20, 546), (x - 20, 546)]), (116, 84, 50))
