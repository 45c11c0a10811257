import unittest

from main import LruCache


class LruCacheTest(unittest.TestCase):
    def test_returns_what_was_stored(self):
        cache = LruCache(2)
        cache.put("a", 1)
        self.assertEqual(cache.get("a"), 1)
        self.assertEqual(cache.get("b", 7), 7)

    def test_forgets_the_least_recently_used(self):
        cache = LruCache(2)
        cache.put("a", 1)
        cache.put("b", 2)
        cache.get("a")
        cache.put("c", 3)
        self.assertIn("a", cache)
        self.assertNotIn("b", cache)
        self.assertEqual(len(cache), 2)

    def test_forgets_what_is_too_old(self):
        now = 0.0
        cache = LruCache(2, lifetime=10, clock=lambda: now)
        cache.put("a", 1)
        now = 9.9
        self.assertEqual(cache.get("a"), 1)
        now = 10.0
        self.assertIsNone(cache.get("a"))
        self.assertEqual(len(cache), 0)

    def test_counts_hits_and_misses(self):
        cache = LruCache(1)
        cache.put("a", 1)
        cache.get("a")
        cache.get("b")
        self.assertEqual((cache.hits, cache.misses), (1, 1))

    def test_refuses_a_capacity_of_zero(self):
        with self.assertRaises(ValueError):
            LruCache(0)


if __name__ == "__main__":
    unittest.main()
