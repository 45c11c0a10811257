import unittest

from main import mean, median


class StatisticsTest(unittest.TestCase):
    def test_mean(self):
        self.assertEqual(mean([1, 2, 6]), 3)

    def test_median_of_sorted_numbers(self):
        self.assertEqual(median([1, 2, 9]), 2)

    def test_median_of_unsorted_numbers(self):
        self.assertEqual(median([9, 1, 2]), 2)

    def test_nothing_has_no_median(self):
        with self.assertRaises(ValueError):
            median([])


if __name__ == "__main__":
    unittest.main()
