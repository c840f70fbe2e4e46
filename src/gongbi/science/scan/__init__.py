"""Kulldorff's scan statistics: where, and since when, there are more cases than chance explains.

Purely spatial, retrospective and prospective space-time; Poisson, Bernoulli and space-time permutation; circular windows.
Arrays in, :class:`ScanResult` out; :mod:`gongbi.science.commands.scan` reads files.

Kulldorff M. A spatial scan statistic. Commun Stat Theory Methods 1997; 26:1481-1496. Kulldorff M, Athas WF, Feuer EJ, Miller BA,
Key CR. Evaluating cluster alarms: a space-time scan statistic and brain cancer in Los Alamos. Am J Public Health 1998; 88:1377-1380.
Kulldorff M. Prospective time periodic geographical disease surveillance using a scan statistic. J R Stat Soc A 2001; 164:61-72.
"""

from gongbi.science.scan.circles import Circles, circles
from gongbi.science.scan.expected import indirect_expectation, population_over
from gongbi.science.scan.inference import gumbel_p, monte_carlo_p, recurrence
from gongbi.science.scan.likelihood import bernoulli_llr, poisson_llr
from gongbi.science.scan.statistic import Cluster, ScanResult, scan

__all__ = [
    "Circles",
    "Cluster",
    "ScanResult",
    "bernoulli_llr",
    "circles",
    "gumbel_p",
    "indirect_expectation",
    "monte_carlo_p",
    "poisson_llr",
    "population_over",
    "recurrence",
    "scan",
]
