"""Explosions that radioactive decay keeps hot: kilonovae, calcium-rich transients and pair-instability supernovae.

The heat diffuses out of a homologously expanding sphere (Arnett 1982, ApJ 253, 785),

    L(t) = integral_0^t h(t') exp((t'^2 - t^2) / t_d^2) 2 t' / t_d^2 dt',   t_d^2 = 2 kappa M / (13.7 v c),

and leaves from a photosphere. This expands with the velocity v until it has cooled to a floor, and then stays at that
temperature while the ejecta recombine (Nicholl, Guillochon & Berger 2017, ApJ 850, 55): T = max((L / (4 pi sigma v^2
t^2))^(1/4), floor).
"""

from functools import partial

import numpy as np

from mallorn.simulate.kinds import Event
from mallorn.simulate.physics import luminous_flux

__all__ = ["TYPES", "diffused", "diffusion_time", "nickel_heating", "process_heating"]

_DAY = 86_400.0  # s
_SUN = 1.98841e33  # g
_LIGHT = 2.99792458e10  # cm / s
_STEFAN_BOLTZMANN = 5.670374419e-5  # erg / (s cm^2 K^4)
_BLANKETED_BELOW = 4000.0  # angstrom
_GRID = np.geomspace(1e-3, 60.0, 400)  # times, in units of the diffusion time


def diffusion_time(opacity, mass, velocity):
    """Return t_d in days. opacity: cm^2 / g; mass: solar masses; velocity: km / s."""
    return np.sqrt(2.0 * opacity * mass * _SUN / (13.7 * velocity * 1e5 * _LIGHT)) / _DAY


def diffused(time, heating, scale):
    """Return the luminosity L (P,) at `time` (P,) days since the explosion, 0 before it.

    heating: function of times in days that returns h. scale: t_d, days. Between the times of a grid, h is linear in
    t^2; the integral is then exact.
    """
    w = np.concatenate([[0.0], _GRID**2])
    h = heating(scale * np.sqrt(w[1:]))
    h = np.concatenate([h[:1], h])
    step = np.diff(w)
    decay = np.exp(-step)
    gain = h[1:] - h[:-1] * decay - np.diff(h) / step * -np.expm1(-step)
    luminosity = np.zeros(len(w))
    for k in range(len(step)):
        luminosity[k + 1] = luminosity[k] * decay[k] + gain[k]
    return np.interp(time, scale * np.sqrt(w), luminosity, left=0.0, right=0.0)


def nickel_heating(time, nickel, trapped):
    """Return the power, erg / s, of `nickel` solar masses of 56Ni, and of the 56Co that it becomes, at `time` days.

    It is (6.45 e^(-t / 8.8) + 1.45 e^(-t / 111.3)) x 10^43 erg / s for a solar mass (Nadyozhin 1994, ApJS 92, 527). The
    part 1 - exp(-(trapped / t)^2) of it does not leave as gamma rays (Clocchiatti & Wheeler 1997, ApJ 491, 375).
    """
    power = 6.45e43 * np.exp(-time / 8.8) + 1.45e43 * np.exp(-time / 111.3)
    return nickel * power * -np.expm1(-((trapped / np.maximum(time, 1e-9)) ** 2))


def process_heating(time, mass):
    """Return the power, erg / s, of `mass` solar masses of r-process ejecta at `time` days after a merger.

    It is 4 x 10^18 (1/2 - arctan((t - 1.3 s) / 0.11 s) / pi)^1.3 erg / (g s) (Korobkin et al. 2012, MNRAS 426, 1940).
    The part 0.36 (e^(-a t) + ln(1 + 2 b t^d) / (2 b t^d)) of it becomes heat, with a = 0.56, b = 0.17, d = 0.74 and t
    in days (Barnes et al. 2016, ApJ 829, 110).
    """
    early = 0.5 - np.arctan((time * _DAY - 1.3) / 0.11) / np.pi
    thin = 2.0 * 0.17 * time**0.74
    return 4e18 * mass * _SUN * early**1.3 * 0.36 * (np.exp(-0.56 * time) + np.log1p(thin) / thin)


def _photosphere(time, wavelength, luminosity, velocity, floor):
    """Return the flux at 10 pc, microjansky, (P, W), of a luminosity (P,) at `time` (P,) days since the explosion."""
    radius = velocity * 1e5 * np.maximum(time, 1e-3) * _DAY
    kelvin = (np.maximum(luminosity, 1e20) / (4.0 * np.pi * _STEFAN_BOLTZMANN * radius**2)) ** 0.25
    return luminous_flux(wavelength, np.maximum(kelvin, floor)[:, None], luminosity[:, None])


def draw_kilonova(rng):
    """Return {parameter: value} of a merger: masses and velocities scatter about fits of AT 2017gfo.

    Two components, 0.02 solar masses at 0.26 c and 0.05 at 0.15 c, as found with opacities of 0.5 and 3.65 cm^2 / g by
    Villar et al. (2017, ApJ 851, L21), rounded.
    """
    blue, red, fast, slow = np.exp(np.array([0.5, 0.5, 0.15, 0.15]) * rng.standard_normal(4)).tolist()
    return {"blue_mass": 0.02 * blue, "red_mass": 0.05 * red, "blue_speed": 78e3 * fast, "red_speed": 45e3 * slow}


def kilonova_flux(p, rng, phase, wavelength):
    """Return the flux at 10 pc, microjansky, (P, W). p: as from `draw_kilonova`. phase: (P,) days since the merger."""
    flux = np.zeros((len(phase), len(wavelength)))
    for colour, opacity, floor in (("blue", 0.5, 3500.0), ("red", 3.65, 1500.0)):
        mass, speed = p[f"{colour}_mass"], p[f"{colour}_speed"]
        luminosity = diffused(phase, partial(process_heating, mass=mass), diffusion_time(opacity, mass, speed))
        flux += _photosphere(phase, wavelength, luminosity, speed, floor)
    return flux


def draw_nickel(spec_type, rng):
    """Return {parameter: value} of a supernova of `spec_type`, "CART" or "PISN", that nickel makes bright.

    Calcium-rich transients: about 0.4 solar masses, 0.02 of them nickel, at 9,000 km / s, within the range of those in
    Kasliwal et al. (2012, ApJ 755, 161) and De et al. (2020, ApJ 905, 58). Pair-instability supernovae: 80 to 130 solar
    masses, from one to 30 of nickel, within the models of Kasen, Woosley & Heger (2011, ApJ 734, 102).
    """
    if spec_type == "CART":
        mass, nickel, speed = np.exp(np.array([0.3, 0.5, 0.15]) * rng.standard_normal(3)).tolist()
        return {"mass": 0.4 * mass, "nickel": 0.02 * nickel, "speed": 9000.0 * speed}
    mass, nickel, speed = rng.uniform(80.0, 130.0), np.exp(rng.uniform(0.0, np.log(30.0))), rng.uniform(7e3, 1.2e4)
    return {"mass": mass, "nickel": float(nickel), "speed": speed}


def nickel_flux(spec_type, p, rng, phase, wavelength):
    """Return the flux at 10 pc, microjansky, (P, W). p: as from `draw_nickel`; phase: (P,) days since peak at 5000 A.

    Gamma rays are trapped for sqrt(3 kappa M / (4 pi v^2)), kappa = 0.03 cm^2 / g. Metals blanket the light below
    4000 A as in other supernovae, by (lambda / 4000 A)^2.
    """
    opacity, floor = {"CART": (0.07, 4500.0), "PISN": (0.1, 4500.0)}[spec_type]
    mass, speed = p["mass"], p["speed"]
    trapped = np.sqrt(3.0 * 0.03 * mass * _SUN / (4.0 * np.pi * (speed * 1e5) ** 2)) / _DAY
    heating = partial(nickel_heating, nickel=p["nickel"], trapped=trapped)
    scale = diffusion_time(opacity, mass, speed)

    def flux(time, wavelength):
        return _photosphere(time, wavelength, diffused(time, heating, scale), speed, floor)

    fine = scale * np.linspace(0.02, 3.0, 600)
    peak = fine[np.argmax(flux(fine, np.array([5000.0]))[:, 0])]
    return flux(phase + peak, wavelength) * np.minimum(wavelength / _BLANKETED_BELOW, 1.0) ** 2


_KILONOVA = {"blue_mass": "solar masses", "red_mass": "solar masses", "blue_speed": "km / s", "red_speed": "km / s"}
_NICKEL = {"mass": "solar masses", "nickel": "solar masses", "speed": "km / s"}

TYPES = {
    "KN": Event(_KILONOVA, draw_kilonova, kilonova_flux, nearest=0.006, strict=True),
    "CART": Event(_NICKEL, partial(draw_nickel, "CART"), partial(nickel_flux, "CART"), nearest=0.006, strict=True),
    "PISN": Event(_NICKEL, partial(draw_nickel, "PISN"), partial(nickel_flux, "PISN"), strict=True),
}
"""{type: `Event`}; phase 0 of a kilonova is the merger."""
