# SPDX-License-Identifier: MIT
"""A measured footprint on a model card, and in a CycloneDX bill of materials that agrees with it."""

import math

import co2lib
from co2lib import exchange, hub

with co2lib.track(location="FRA") as run:
    sum(math.sin(i) for i in range(500_000))

readme = "---\nlicense: mit\n---\n# tiny-bert\n"
card = hub.update_card(readme, run.footprint.to_model_card(training_type="fine-tuning"))
print(card)

entry = exchange.disclosure(run.footprint, activity="fine-tuning")
bom = exchange.cyclonedx(entry, model="tiny-bert")
print(exchange.compare(hub.read_card(card), bom).agree, "of", run.footprint.energy, "energy")
