"""Studies whose truth is known, made from formulas: demonstration, acceptance test, test data.

Every file is valid DICOM marked as synthetic three times: SyntheticData (0008,001C) = YES, a patient
name ``PHANTOM^...``, and the word SYNTHETIC burnt into the pixels. Phantoms are never training data.
The same id and seed give the same bytes.
"""

from medimg_core.phantoms.catalogue import Phantom, PhantomInfo, catalogue, make_phantom, write_phantom

__all__ = ["Phantom", "PhantomInfo", "catalogue", "make_phantom", "write_phantom"]
