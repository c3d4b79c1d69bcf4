"""Who goes where: the rules of `map.txt`, read and matched."""
