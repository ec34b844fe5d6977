<!doctype html><title>Atelier</title>
